"""What arguments may be: checks, addresses, domains, dates, telephone numbers, and what may be shown of them."""
