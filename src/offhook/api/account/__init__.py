"""The REST API of a simulated account: Twilio's resources, paths, parameters and errors, so that its SDKs call it unchanged."""
