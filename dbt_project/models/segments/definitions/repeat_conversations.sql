{{ segment(did("conversation_started", at_least=2, in_last_days=30)) }}
