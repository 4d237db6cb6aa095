"""The Telegram Bot API 10.3 as its own server behaves, for private chats."""
