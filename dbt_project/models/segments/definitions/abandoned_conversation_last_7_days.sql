{{ segment(did("abandoned_conversation", in_last_days=7)) }}
