{{ segment(did("conversation_resolved", in_last_days=30)) }}
