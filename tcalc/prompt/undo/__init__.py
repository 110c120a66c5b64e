"""Taking back what lines at the prompt have done: what can be reached, before and after."""
