"""The command line, and what it measures and makes around the lessons."""
