"""Parts of Offhook put together for one measurement each."""
