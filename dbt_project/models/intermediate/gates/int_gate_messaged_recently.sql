{{ gate_messaged_recently(ref("int_retargeting_triggers")) }}
