{{ gate_escalated_recently(ref("int_retargeting_triggers")) }}
