"""What an answer of the app asks for."""

from offhook.twiml.answer import read_answer
from offhook.twiml.reading import Fault, Message, Reading, Redirect

__all__ = ["Fault", "Message", "Reading", "Redirect", "read_answer"]
