{{ segment(did("conversation_started")) }}
