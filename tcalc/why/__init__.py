"""Why a value is what it is: what a session ran is run again and watched, call by call."""
