"""What the office does: verbs. No HTTP, no templates, no commit; time comes from `helpdesk.clock`."""
