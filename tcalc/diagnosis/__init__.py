"""From an error to the text that shows where it is and what to do."""
