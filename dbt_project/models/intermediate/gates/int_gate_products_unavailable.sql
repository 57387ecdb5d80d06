{{ gate_products_unavailable(ref("int_retargeting_triggers")) }}
