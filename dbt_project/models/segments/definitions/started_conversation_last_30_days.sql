{{ segment(did("conversation_started", in_last_days=30)) }}
