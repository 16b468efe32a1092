"""What an answer of the app asks for."""
