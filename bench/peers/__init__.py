"""What one would build without Offhook: FastAPI receivers that verify, enqueue durably and answer, with a worker that calls the app."""
