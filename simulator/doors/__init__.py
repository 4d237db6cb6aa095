"""The people door (`/sim/*`) and the page: what the browser and the test scripts use."""
