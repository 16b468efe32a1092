"""What Offhook's speed is measured with: `python -m bench`. Everything runs on loopback and ends by itself."""
