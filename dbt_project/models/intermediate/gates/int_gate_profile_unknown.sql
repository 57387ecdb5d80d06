{{ gate_profile_unknown(ref("int_retargeting_triggers")) }}
