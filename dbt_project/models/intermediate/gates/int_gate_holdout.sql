{{ gate_holdout(ref("int_retargeting_triggers")) }}
