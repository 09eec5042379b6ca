"""What is seen: the commands and the app."""
