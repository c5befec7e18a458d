"""What is allowed and promised, as tables. Read these first."""
