"""A month of a branch played by people made of software, who go by what they see in their chats."""
