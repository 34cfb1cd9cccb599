"""What a signed case leaves the house with: its passport and its report on paper."""
