"""What arguments may be: checks, addresses, domains, dates, telephone numbers."""
