{{ segment(did("conversation_escalated")) }}
