{{ gate_no_consent(ref("int_retargeting_triggers")) }}
