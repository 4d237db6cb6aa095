"""A month of a branch played by people made of software: they see their chats, and tap and type as people do."""
