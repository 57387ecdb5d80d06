{{ gate_ordered_since_trigger(ref("int_retargeting_triggers")) }}
