"""The public door: one protocol with limits, and the desk that has webhooks verified, kept and answered."""
