select * from {{ source('_ingestion', 'loads') }}
