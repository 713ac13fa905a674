"""What is written about the project from the project itself: pages, diagrams, a picture, assets for BI tools."""
