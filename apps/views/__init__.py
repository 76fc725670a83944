"""The pages of the app. They place controls and hand numbers to charts and sentences."""
