"""`offhook dev`: the simulator, its API and its pages put together on one listener."""
