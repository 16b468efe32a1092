"""From a kept webhook to the app: overrides, schedule, breaker, attempt, courier."""
