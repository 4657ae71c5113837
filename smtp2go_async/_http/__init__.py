"""HTTP: the only folder that imports httpx, httpcore, h11 and pyreqwest."""
