"""The shape of input: present, long enough, of the right type. What the house refuses is the domain's."""
