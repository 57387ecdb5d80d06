{{ segment(did("conversation_escalated", in_last_days=7)) }}
