{{ segment(all_of([
    did("product_recommendation_received"),
    did_not("placed_order", since_latest="product_recommendation_received"),
])) }}
