"""How much dearer a leaderboard, a rank, a leader's screen and reminders get as the members grow."""
