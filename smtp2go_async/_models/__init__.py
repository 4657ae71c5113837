"""What results are: models, their conversion from JSON, and their way through JSON and back."""
