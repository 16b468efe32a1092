"""The channels by which people and systems are told of alarms, one small file each."""
