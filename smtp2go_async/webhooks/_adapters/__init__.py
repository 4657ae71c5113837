"""The receiver in the words of servers and frameworks; each is loaded when it is asked for."""
