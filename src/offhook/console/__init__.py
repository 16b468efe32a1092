"""The pages of the console listener."""
