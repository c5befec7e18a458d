"""Queue and clock: the other ways in. They call the same verbs as the routes."""
