{{ gate_suppressed(ref("int_retargeting_triggers")) }}
