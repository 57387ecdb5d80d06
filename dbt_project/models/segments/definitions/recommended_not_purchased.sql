{{ segment(all_of([
    did("product_recommendation_received", in_last_days=30),
    did_not("placed_order", since_latest="product_recommendation_received"),
])) }}
