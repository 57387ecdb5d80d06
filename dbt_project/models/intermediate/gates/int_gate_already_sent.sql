{{ gate_already_sent(ref("int_retargeting_triggers")) }}
