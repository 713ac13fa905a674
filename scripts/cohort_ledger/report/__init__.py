"""The published marts as one HTML file that needs no network and no server."""
