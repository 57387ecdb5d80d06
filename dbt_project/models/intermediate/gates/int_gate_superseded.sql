{{ gate_superseded(ref("int_retargeting_triggers")) }}
