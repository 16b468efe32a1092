"""The console's pages: one file a subject, each with a list of its routes."""
